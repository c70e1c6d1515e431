import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A buying company. */
@Entity('dealer')
export class Dealer {
  @PrimaryColumn('uuid') id!: string;
  /** Short code of the accounting system. */
  @Column('text') code!: string;
  @Column('text') name!: string;
  @Column('text', { name: 'tax_id' }) taxId!: string;
  /** IANA name. */
  @Column('text') zone!: string;
  @Column('text') contract!: string;
  @Column('text') phone!: string;
  @Column('text') email!: string;
  @Column('text') address!: string;
  /** Null: no limit is agreed. */
  @Column('bigint', { name: 'debt_limit_kopecks', nullable: true }) debtLimitKopecks!:
    number | null;
  @Column('uuid', { name: 'manager_id', nullable: true }) managerId!: string | null;
  @Column('boolean', { name: 'several_sessions' }) severalSessions!: boolean;
  @Column('integer', { name: 'max_sessions' }) maxSessions!: number;
  /** What "access allowed" starts with for new visitors. */
  @Column('boolean', { name: 'new_visitor_access' }) newVisitorAccess!: boolean;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
}
